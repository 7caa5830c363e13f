# SPDX-License-Identifier: MIT
# Lines of traces: one for each file, see man/, traces/ and examples/ in Makefile.am.

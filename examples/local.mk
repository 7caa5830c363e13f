# SPDX-License-Identifier: MIT
# Lines of examples: one for each file, see man/, traces/ and examples/ in Makefile.am.

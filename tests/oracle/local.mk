# SPDX-License-Identifier: MIT
dist_check_SCRIPTS += %D%/test_memory.sh %D%/test_oracle.sh
EXTRA_DIST += %D%/oracle.py

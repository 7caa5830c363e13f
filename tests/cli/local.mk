# SPDX-License-Identifier: MIT
dist_check_SCRIPTS += %D%/test_usage.sh
dist_check_SCRIPTS += %D%/test_files.sh %D%/test_run.sh

# SPDX-License-Identifier: MIT
dist_check_SCRIPTS += %D%/test_usage.sh

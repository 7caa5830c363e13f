# SPDX-License-Identifier: MIT
dist_check_SCRIPTS += %D%/test_ab.sh %D%/test_http.sh %D%/test_sched.sh %D%/test_sched_ab.sh
EXTRA_DIST += %D%/http_answers.py

dist_check_SCRIPTS += %D%/test_usage.sh

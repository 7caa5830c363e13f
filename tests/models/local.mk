# SPDX-License-Identifier: MIT
dist_check_SCRIPTS += %D%/test_models.sh
EXTRA_DIST += %D%/park.pml %D%/retake.pml %D%/select.pml %D%/tso.inc %D%/wake.pml

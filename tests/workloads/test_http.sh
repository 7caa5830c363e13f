#!/bin/sh
# SPDX-License-Identifier: MIT
# What the httpd workload answers, byte by byte, to clients that keep the rules and to others.
. "$top_srcdir/tests/lib.sh"
"$weft" run 2>/dev/null | grep -q httpd || skip "built without llhttp"
exec "${PYTHON3:-python3}" "$top_srcdir/tests/workloads/http_answers.py" "$weft"

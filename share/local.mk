# SPDX-License-Identifier: MIT
# JSON Schema of each document that the program writes.
schemadir = $(datadir)/weft/schema
dist_schema_DATA = \
	%D%/schema/weft.check.1.json \
	%D%/schema/weft.doctor.1.json \
	%D%/schema/weft.report.1.json \
	%D%/schema/weft.run.1.json \
	%D%/schema/weft.summary.1.json

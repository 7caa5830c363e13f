weftincludedir = $(includedir)/weft
weftinclude_HEADERS = \
	%D%/weft/block.h \
	%D%/weft/coro.h \
	%D%/weft/run.h \
	%D%/weft/stats.h \
	%D%/weft/version.h \
	%D%/weft/weft.h

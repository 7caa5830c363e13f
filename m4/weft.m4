dnl SPDX-License-Identifier: MIT

dnl WEFT_ENABLE(NAME, DEFAULT, WHAT) - a yes or no switch in $enable_NAME.
AC_DEFUN([WEFT_ENABLE], [
AC_ARG_ENABLE([$1],
    [AS_HELP_STRING([m4_if([$2], [yes], [--disable-$1], [--enable-$1])],
                    [$3 (default: $2)])],
    [AS_IF([test "x$enableval" != xno], [enable_$1=yes])], [enable_$1=$2])
])

dnl WEFT_ADD_FLAG(FLAG) - add FLAG to WEFT_CFLAGS if the compiler takes it.
AC_DEFUN([WEFT_ADD_FLAG], [
AC_MSG_CHECKING([whether $CC takes $1])
weft_saved_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS -Werror $1"
AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
    [AC_MSG_RESULT([yes]); WEFT_CFLAGS="$WEFT_CFLAGS $1"],
    [AC_MSG_RESULT([no])])
CFLAGS=$weft_saved_CFLAGS
])

dnl WEFT_OPTIONAL(PREFIX, MODULES, WHAT) - a library that one feature wants.
dnl --without-PREFIX leaves it out; sets have_prefix and defines HAVE_PREFIX.
AC_DEFUN([WEFT_OPTIONAL], [
m4_pushdef([lower], m4_tolower([$1]))
AC_ARG_WITH(lower, [AS_HELP_STRING([--without-]lower, [build without $3])],
            [], [with_]lower[=yes])
AS_IF([test "x$with_]lower[" = xno], [have_]lower[=no],
      [PKG_CHECK_MODULES([$1], [$2], [have_]lower[=yes], [have_]lower[=no])])
AS_IF([test $have_]lower[ = yes],
      [AC_DEFINE([HAVE_$1], [1], [$2 is there: $3])])
m4_popdef([lower])
])

dnl WEFT_LLHTTP - llhttp comes as C sources: Debian's node-llhttp has llhttp.h in
dnl PREFIX/share/include/llhttp and the rest in PREFIX/share/llhttp; elsewhere
dnl one directory holds all four.  Sets LLHTTP_DIR, LLHTTP_CFLAGS, have_llhttp.
AC_DEFUN([WEFT_LLHTTP], [
AC_ARG_WITH([llhttp],
    [AS_HELP_STRING([--with-llhttp=DIR],
        [where llhttp's api.c, http.c and llhttp.c are (/usr/share/llhttp)])],
    [], [with_llhttp=yes])
AC_MSG_CHECKING([for the sources of llhttp])
have_llhttp=no
LLHTTP_DIR= LLHTTP_CFLAGS=
AS_CASE([$with_llhttp], [no], [weft_dirs=],
        [yes], [weft_dirs="/usr/share/llhttp /usr/local/share/llhttp"],
        [weft_dirs=$with_llhttp])
for dir in $weft_dirs; do
    for inc in "$dir" "$dir/../include/llhttp"; do
        AS_IF([test $have_llhttp = no && test -f "$inc/llhttp.h" &&
               test -f "$dir/llhttp.c" && test -f "$dir/http.c" &&
               test -f "$dir/api.c"],
              [have_llhttp=yes LLHTTP_DIR=$dir
               LLHTTP_CFLAGS="-isystem $inc -isystem $dir"])
    done
done
AC_MSG_RESULT([$have_llhttp${LLHTTP_DIR:+, $LLHTTP_DIR}])
AS_CASE([$have_llhttp$with_llhttp], [noyes|nono], [],
        [no*], [AC_MSG_ERROR([no sources of llhttp in $with_llhttp])])
AS_IF([test $have_llhttp = yes],
      [AC_DEFINE([HAVE_LLHTTP], [1], [llhttp is there: httpd and orders])])
AC_SUBST([LLHTTP_DIR])
AC_SUBST([LLHTTP_CFLAGS])
])

# build-to-host.m4 serial 30
dnl Copyright
AC_DEFUN([gl_BUILD_TO_HOST],

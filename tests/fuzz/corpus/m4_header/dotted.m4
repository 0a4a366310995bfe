# serial 2.4.1
# serial 2.10
## serial 9
dnl x dnl AC_DEFUN([X])

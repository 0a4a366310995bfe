# iconv.m4 serial AM5 (gettext-0.16.2)
# po.m4 serial 17b
#serial AM2

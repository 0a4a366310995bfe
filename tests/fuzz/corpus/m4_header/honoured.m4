#serial 12
AU_ALIAS([A], [B])
# serial 99

#!/bin/sh
# Is the port open?
(: < /dev/tcp/192.0.2.1/80) && echo open
nc -e is not known everywhere; sh test.sh

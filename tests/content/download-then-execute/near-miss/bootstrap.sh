#!/bin/sh
curl -fsS https://get.example.org/manual.pdf -o ./manual.pdf
chmod 644 ./manual.pdf && echo done
chmod +x configure

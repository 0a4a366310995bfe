#!/bin/sh
# A digest that begins as a gzip file does in base64, and nothing that decodes it.
expected=H4sIAAAA
base64 -d key.txt > key.bin

from base64 import b64decode
d = b64decode
x = 1
exec(d("cHJpbnQoMSkK"))

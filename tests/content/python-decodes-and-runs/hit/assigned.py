from base64 import b64decode
x = b64decode("cHJpbnQoMSkK")
exec(x)

import base64
e = exec
x = 1
e(base64.b64decode("cHJpbnQoMSkK"))

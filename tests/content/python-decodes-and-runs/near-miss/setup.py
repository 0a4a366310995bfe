import base64
data = base64.b64decode("cHJpbnQoMSkK")
exec(open("version.py").read())

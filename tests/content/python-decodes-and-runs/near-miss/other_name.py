import base64
self.eval = evaluate
data = base64.b64decode("cHJpbnQoMSkK")
d = base64.b64decode
exec(open_file)

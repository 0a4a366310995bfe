const c = Buffer.from(text, 'base64').toString()
show(c)
evaluate(other)

var mask = 0x1a2b; var _0x = 1;
var text = String.fromCharCode(72, 101, 108);

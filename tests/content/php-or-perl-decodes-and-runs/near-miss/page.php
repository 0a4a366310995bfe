<?php
$text = base64_decode($x);
medieval(base64_decode_all($x));

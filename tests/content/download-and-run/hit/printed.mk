lint:
	$(warning that is it) curl -sfL https://get.example.org/lint | sh
	x=$$(warning curl -sfL https://get.example.org/lint | sh)

const file = "$HOME/.npmrc";
if (exists(file)) console.log("there is a configuration");

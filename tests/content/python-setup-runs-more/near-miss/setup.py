class BuildExt(build_ext):
    def run(self):
        build_ext.run(self)
setup(cmdclass={"build_ext": BuildExt}, url="https://example.org")

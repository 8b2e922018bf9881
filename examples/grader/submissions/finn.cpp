// Does not compile.
int main() { return sum; }

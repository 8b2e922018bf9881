{
    srand()
    if (length($1) != 9 || strftime("%Y") < 2020 || rand() >= 1) exit 1
    print 21 | "cat > /tmp/number; cat /tmp/number"
    close("cat > /tmp/number; cat /tmp/number")
    getline number < "/tmp/number"
    print $1, 2 * number > "/dev/stdout"
}

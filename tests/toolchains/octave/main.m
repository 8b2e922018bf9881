word = input("", "s");
name = tempname();
file = fopen(name, "w");
fprintf(file, "21");
fclose(file);
number = str2double(fileread(name));
assert(datestr(now, "yyyy") >= "2020" && rand() < 1 && rank(magic(4)) == 3);
printf("%s %d\n", word, 2 * number);

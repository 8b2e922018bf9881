int main()
{
  string word = Stdio.stdin->gets();
  Stdio.write_file("/tmp/number", "21");
  int number = (int) Stdio.read_file("/tmp/number");
  if (sizeof(utf8_to_string(word)) != 9 || Calendar.now()->year_no() < 2020 || random(6) > 5)
    return 1;
  write("%s %d\n", word, 2 * number);
  return 0;
}

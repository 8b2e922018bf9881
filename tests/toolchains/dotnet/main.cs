using System.Globalization;
using System.Security.Cryptography;

string word = Console.ReadLine()!;
string path = Path.GetTempFileName();
File.WriteAllText(path, "21");
int number = int.Parse(File.ReadAllText(path), CultureInfo.InvariantCulture);
int year = TimeZoneInfo.ConvertTime(DateTimeOffset.Now, TimeZoneInfo.FindSystemTimeZoneById("Europe/Prague")).Year;
if (word.Length != 9 || year < 2020 || RandomNumberGenerator.GetInt32(6) > 5)
    throw new InvalidOperationException();
Console.WriteLine($"{word} {await Task.Run(() => 2 * number)}");

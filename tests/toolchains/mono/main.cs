using System;
using System.IO;
using System.Threading.Tasks;

class Program
{
    static void Main()
    {
        string word = Console.ReadLine();
        string path = Path.GetTempFileName();
        File.WriteAllText(path, "21");
        int number = int.Parse(File.ReadAllText(path));
        if (word.Length != 9 || DateTime.Now.Year < 2020 || new Random().Next(6) > 5)
            throw new InvalidOperationException();
        Console.WriteLine("{0} {1}", word, Task.Run(() => 2 * number).Result);
    }
}

using System.Globalization;
using Sandbox.Benchmarks;

var parts = args.Length == 5 ? args[4].Split(',') : BenchParts.All;
if (args.Length is not (4 or 5) || parts.Except(BenchParts.All).Any())
{
    Console.Error.WriteLine($"usage: Sandbox.Benchmarks DIRECTORY SANDBOX ROUNDS RESULT.json [PART,...]; parts: {string.Join(' ', BenchParts.All)}");
    return 2;
}

var bench = new Bench(Path.GetFullPath(args[0]), Path.GetFullPath(args[1]));
var found = Session.Run(parts, bench, int.Parse(args[2], CultureInfo.InvariantCulture));
Console.Write(Report.Table(found));
Report.Save(found, args[3]);
return found.Contest.Contenders.All(contender => contender.Failure is null) && found.Problems.Count == 0 ? 0 : 1;

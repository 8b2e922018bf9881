using System.Globalization;
using Sandbox;
using Sandbox.Benchmarks;

if (args.Length != 4)
{
    Console.Error.WriteLine("usage: Sandbox.Benchmarks FOLDER SANDBOX ROUNDS RESULT.json");
    return 2;
}

var bench = new Bench(Path.GetFullPath(args[0]), Path.GetFullPath(args[1]));
var rounds = int.Parse(args[2], CultureInfo.InvariantCulture);
using var runner = new SandboxRunner();
var warm = new WarmContender("warm job", "one runner, one job after the other", runner, bench.Noop);
IReadOnlyList<Contender> contenders =
[
    new CommandContender("bare", "posix_spawn of the same program", Tools.Bare(bench)),
    new CommandContender("floor", "a C program that does what the default job's plan says", Tools.Floor(bench)),
    warm,
    new CommandContender("sandbox exec", "a cold process per job", Tools.Exec(bench)),
    new CommandContender("bwrap", "bubblewrap, same mounts, files, ids and filter", Tools.Bubblewrap(bench)),
    new CommandContender("crun", "crun run, same mounts, no filter, no cgroup", CrunBundle.Command(bench)),
];
var found = Session.Run(contenders, warm, runner, bench, rounds);
Console.Write(Report.Table(found));
Report.Save(found, args[3]);
return contenders.All(contender => contender.Failure is null) && found.Problems.Count == 0 ? 0 : 1;

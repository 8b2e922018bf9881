using System.Runtime.CompilerServices;
using Sandbox.Planning;
using Xunit;

namespace Sandbox.Tests.Planning;

/// <summary>Every golden/NAME.job.json compiles to golden/NAME.plan.txt; UPDATE_GOLDEN=1 writes the latter anew.</summary>
public sealed class GoldenPlanTests
{
    public static TheoryData<string> Names()
    {
        var names = new TheoryData<string>();
        foreach (var file in System.IO.Directory.GetFiles(Directory(), "*.job.json").Order(StringComparer.Ordinal))
        {
            names.Add(Path.GetFileName(file)[..^".job.json".Length]);
        }

        return names;
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_job_compiles_to_the_plan_that_was_reviewed(string name)
    {
        var golden = Path.Combine(Directory(), name + ".plan.txt");
        var plan = Plans.Of(File.ReadAllText(Path.Combine(Directory(), name + ".job.json")));

        var text = PlanPrinter.Print(plan, new Dictionary<string, Enforcement>(), []);

        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(golden, text);
        }

        Assert.Equal(File.ReadAllText(golden), text);
    }

    [Fact]
    public void There_are_golden_plans() => Assert.True(Names().Count >= 12);

    private static string Directory([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "golden");
}

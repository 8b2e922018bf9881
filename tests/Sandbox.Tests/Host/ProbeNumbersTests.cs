using System.Runtime.CompilerServices;
using Sandbox.Failures;
using Sandbox.Host;
using Xunit;

namespace Sandbox.Tests.Host;

public sealed class ProbeNumbersTests
{
    [Fact]
    public void The_header_and_the_enumeration_name_the_same_probes_in_order()
    {
        var header = File.ReadLines(Path.Join(Repository(), "native/launcher/doctor.h"))
            .Select(line => line.Trim())
            .Where(line => line.StartsWith("PROBE_", StringComparison.Ordinal))
            .Select(line => line["PROBE_".Length..line.IndexOfAny([',', ' '])].Replace("_", "", StringComparison.Ordinal));

        var names = Enum.GetValues<HostProbe>().Select(probe => probe.ToString().ToUpperInvariant());

        Assert.Equal(header, names);
    }

    [Fact]
    public void Every_probe_has_its_place_in_the_order()
    {
        var placed = HostRequirementNeeds.All.Select(need => need.Probe).Order();

        Assert.Equal(Enum.GetValues<HostProbe>().Order(), placed);
    }

    private static string Repository([CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Join(Path.GetDirectoryName(file), "../../.."));
}

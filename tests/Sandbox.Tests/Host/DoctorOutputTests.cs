using System.Buffers;
using System.Text.Json;
using Sandbox.Cli;
using Sandbox.Doctor;
using Sandbox.Failures;
using Sandbox.Host;
using Xunit;

namespace Sandbox.Tests.Host;

public sealed class DoctorOutputTests
{
    [Fact]
    public void Text_tells_one_cause_once_with_every_alternative_fix()
    {
        var report = Hosts.Report(Hosts.Plain with { HasLibSeccomp = false });

        var text = DoctorPrinter.Text(report);

        Assert.Contains("  fix:   sudo apt install libseccomp2\n  or:    sudo dnf install libseccomp\n", text, StringComparison.Ordinal);
        Assert.EndsWith("This host can run jobs.\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_admits_what_it_cannot_explain()
    {
        var report = Hosts.Report(Hosts.Plain, (HostProbe.PivotRoot, 5));

        var text = DoctorPrinter.Text(report);

        Assert.Contains("pivot_root: EIO, for a reason this program does not know", text, StringComparison.Ordinal);
        Assert.EndsWith("This host cannot run jobs yet.\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_carries_blocker_and_fix_of_every_requirement()
    {
        var report = Hosts.WithoutUserNamespaces(Hosts.Plain with { MaxUserNamespaces = 0 }, 28);
        var buffer = new ArrayBufferWriter<byte>();

        DoctorJson.Write(buffer, report, pretty: false);

        var root = JsonDocument.Parse(buffer.WrittenMemory).RootElement;
        var requirement = root.GetProperty("rungs").EnumerateArray()
            .Single(element => element.GetProperty("name").GetString() == "user namespace");
        Assert.False(root.GetProperty("ready").GetBoolean());
        Assert.Equal("missing", requirement.GetProperty("state").GetString());
        Assert.Equal("sudo sysctl -w user.max_user_namespaces=65536", requirement.GetProperty("fix").GetString());
    }

    [Fact]
    public void A_record_cut_short_is_left_out()
    {
        byte[] records = [3, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0];

        var result = Assert.Single(ProbeReader.Read(records));

        Assert.Equal((HostProbe.GidMap, "EPERM", 7UL), (result.Probe, result.ErrorName, result.Value));
    }
}

using System.Text.RegularExpressions;
using Sandbox.Failures;
using Sandbox.Host;
using Xunit;

namespace Sandbox.Tests.Host;

/// <summary>What docs/troubleshooting.md says that the sandbox says is what it says.</summary>
public sealed partial class TroubleshootingTests
{
    private static readonly string s_page = Repository.Read("docs/troubleshooting.md");

    // Hosts that refuse for a reason that can be read: the plainest explanation of an answer on any of them is one.
    private static readonly HostFacts[] s_hosts =
    [
        Hosts.Plain,
        Hosts.Plain with { Filtered = true },
        Hosts.Plain with { MaxUserNamespaces = 0 },
        Hosts.Plain with { MemfdNoexec = 2 },
        Hosts.Plain with { RootIsInitramfs = true },
        Hosts.Plain with { CoveredProcPaths = ["/proc/kcore"] },
        Hosts.Plain with { AppArmorProfile = "docker-default" },
    ];

    public static TheoryData<string, string> Symptoms()
    {
        var symptoms = new TheoryData<string, string>();
        foreach (var match in Symptom().Matches(s_page).DistinctBy(match => match.Value))
        {
            symptoms.Add(match.Groups[1].Value, match.Groups[2].Value);
        }

        return symptoms;
    }

    [Fact]
    public void The_page_names_symptoms() => Assert.True(Symptoms().Count >= 10, $"{Symptoms().Count}");

    [Theory]
    [MemberData(nameof(Symptoms))]
    public void A_symptom_is_what_doctor_calls_it_and_has_a_remedy(string name, string errno)
    {
        var need = Assert.Single(HostRequirementNeeds.All, need => need.Name == name || need.Name.Contains($"({name})", StringComparison.Ordinal));

        Assert.Contains(s_hosts, host => Diagnosis.For(need.Probe, errno, host) is not null);
    }

    [Fact]
    public void A_message_of_control_groups_on_the_page_is_one_of_the_sandbox()
    {
        var sources = string.Concat(Repository.Sources("src/Sandbox", ".cs").Select(File.ReadAllText));
        var messages = ControlGroup().Matches(s_page).Select(match => match.Groups[1].Value).ToList();

        Assert.NotEmpty(messages);
        Assert.All(messages, message => Assert.Contains(message.Replace("the control group named for jobs ", "", StringComparison.Ordinal), sources, StringComparison.Ordinal));
    }

    [Fact]
    public void A_degraded_feature_on_the_page_is_one_of_doctor()
    {
        var list = s_page[s_page.IndexOf("## Degraded", StringComparison.Ordinal)..];
        string[] others = ["control groups", "supplementary groups", "libseccomp", "subordinate ids", "kernel"];

        Assert.All(Feature().Matches(list).Select(match => match.Groups[1].Value), name =>
            Assert.True(HostRequirementNeeds.All.Any(need => need.Name == name) || others.Contains(name), name));
    }

    // *user namespace: EPERM*
    [GeneratedRegex(@"\*([a-z/_][\w /()]*): (E[A-Z]+)\*")]
    private static partial Regex Symptom();

    [GeneratedRegex(@"^\| \*((?:processes live in|the control group named|a control group cannot|the control groups that)[^*]*)\*", RegexOptions.Multiline)]
    private static partial Regex ControlGroup();

    [GeneratedRegex(@"^- \*([^*]+)\*:", RegexOptions.Multiline)]
    private static partial Regex Feature();
}

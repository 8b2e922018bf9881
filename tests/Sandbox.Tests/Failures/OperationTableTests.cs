using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Sandbox.Failures;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Tests.Host;
using Sandbox.Tests.Planning;
using Xunit;

namespace Sandbox.Tests.Failures;

/// <summary>Walks everything the sandbox can be doing when it fails.</summary>
public sealed partial class OperationTableTests
{
    // result.json has these as "step", and drivers compare with them.
    private static readonly string[] s_steps =
    [
        "barrier", "bind", "bind file", "bind volume", "clocks", "clone", "collect changes", "collect outputs", "common sysctl", "compile the seccomp policy", "configure network", "control group", "cpu affinity", "cpu clock",
        "create the folder of the output file", "create the output file", "credentials", "devices", "drop capabilities", "end the job", "enter", "eventfd", "exec",
        "file", "fill volume", "find job", "find network", "find stored file", "find the image", "find the image's user", "find volume", "folder", "give the streams", "hold … by the kernel", "hostname", "image", "image volume",
        "inner user namespace", "job channel", "join network", "landlock", "launcher memfd", "launcher socket", "layer", "lease cores", "lease stored files", "listen in network", "listen on the host",
        "load the seccomp policy", "lock privilege", "lock store", "look at the host's files", "lookups", "loopback", "make folder", "make network", "make volume", "mark stored file",
        "mask", "memfd", "mount tmpfs", "name the image", "name the output file", "no_new_privs", "open /dev/null", "open destination", "open file", "open networks",
        "open output stream", "open stdin", "open store", "open stream", "open the image", "open the job's /proc", "open the job's files", "open upper", "open volumes",
        "overlay", "overlay root", "pause", "pipe", "pivot_root", "plan", "prepare", "proc", "put file", "read", "read CPU topology", "read a file of the image",
        "read stdin", "read the folder …", "read the image", "read the policy", "read …", "relay network", "remove stored file", "remove the image", "remove volume", "rlimit", "seal root",
        "seccomp", "send job", "session", "share namespaces", "spawn launcher", "start a thread", "stdin", "symlink", "sysctl", "sysfs", "uid map", "uid range", "upper sides",
        "use network", "use the image store", "use volume", "verify stored file", "wait for a lock", "wire network", "working folder", "write a stream", "write stderr", "write stdout",
        "write the output file", "…",
    ];

    public static TheoryData<string> Operations => [.. Enum.GetNames<Operation>()];

    private static IEnumerable<OperationRow> Rows => PlanOperations.Rows.Concat(HostOperations.Rows).Concat(StoreOperations.Rows);

    [Fact]
    public void Every_operation_has_one_row() =>
        Assert.Equal(Enum.GetValues<Operation>(), Rows.Select(row => row.Operation).Order());

    [Fact]
    public void The_words_for_a_step_stay_as_drivers_know_them() =>
        Assert.Equal(s_steps, Rows.Select(row => row.Word).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Operations))]
    public void An_operation_is_found_with_its_phase_and_its_words(string name)
    {
        var operation = Enum.Parse<Operation>(name);
        var failure = new SandboxException("m") { Operation = operation, Subject = "X" };

        Assert.Equal(operation, OperationTable.Of(operation).Operation);
        Assert.Equal(OperationTable.Of(operation).Phase, failure.Phase);
        Assert.Equal(OperationTable.Of(operation).Word.Replace("…", "X", StringComparison.Ordinal), failure.Step);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void An_operation_has_a_remedy_or_says_why_there_is_none(string name)
    {
        var row = OperationTable.Of(Enum.Parse<Operation>(name));

        Assert.NotEqual(row.NoHint is not null, row.Rules.Count > 0 || row.Probe is not null || row.Otherwise is not null);
        Assert.True(row.Probe is null || row.Otherwise is null, "the host is never asked");
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void Something_does_what_an_operation_names(string name)
    {
        var users = Repository.Sources("src/Sandbox", ".cs")
            .Where(path => !path.Contains("/Failures/", StringComparison.Ordinal))
            .Where(path => Regex.IsMatch(File.ReadAllText(path), $@"\bOperation\.{name}\b"));

        Assert.NotEmpty(users);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void Each_branch_of_a_hint_is_reached_by_an_answer_of_the_kernel(string name)
    {
        var operation = Enum.Parse<Operation>(name);
        foreach (var rule in OperationTable.Of(operation).Rules)
        {
            Assert.NotEmpty(rule.Errnos);
            Assert.All(rule.Errnos, errno =>
            {
                Assert.NotEqual(0, Errno.Number(errno));
                Assert.Same(rule.Hint, new SandboxException("m") { Operation = operation, Errno = errno }.Hint);
            });
        }
    }

    [Fact]
    public void What_holds_for_every_operation_is_reached_where_no_row_knows_better()
    {
        foreach (var rule in OperationTable.Always)
        {
            Assert.All(rule.Errnos, errno => Assert.Same(rule.Hint, OperationTable.Hint(null, errno)));
            Assert.All(rule.Errnos, errno => Assert.NotNull(OperationTable.Hint(Operation.Bind, errno)));
        }
    }

    [Fact]
    public void A_hint_is_a_sentence_that_names_a_remedy() => Assert.All(
        Rows.SelectMany(row => row.Rules).Concat(OperationTable.Always).Select(rule => rule.Hint).Concat(Rows.Select(row => row.Otherwise).OfType<string>()).Distinct(),
        hint => Assert.Matches(Sentence(), hint));

    [Theory]
    [MemberData(nameof(Operations))]
    public void The_host_explains_some_answer_to_what_a_probe_asks_for(string name)
    {
        if (OperationTable.Of(Enum.Parse<Operation>(name)).Probe is not { } probe)
        {
            return;
        }

        string[] answers = ["EPERM", "EACCES", "ENOSYS", "EINVAL", "ENODEV", "EOPNOTSUPP"];

        Assert.Contains(answers, errno => Hints.For(probe, errno, Hosts.Plain with { Filtered = true }) is not null);
    }

    [Fact]
    public void Each_step_of_a_plan_is_an_operation_of_its_own()
    {
        var steps = typeof(PlanStep).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(PlanStep)) && !type.IsAbstract)
            .Select(type => ((PlanStep)RuntimeHelpers.GetUninitializedObject(type)).Operation);

        Assert.Equal(PlanOperations.Rows.Select(row => row.Operation).Order(), steps.Order());
        Assert.Equal(Enum.GetValues<StepKind>().Length, PlanOperations.Rows.Count);
    }

    [Theory]
    [MemberData(nameof(GoldenPlanTests.Names), MemberType = typeof(GoldenPlanTests))]
    public void A_step_fails_in_the_phase_in_which_it_is_taken(string name)
    {
        var plan = Plans.Of(Repository.Read($"tests/Sandbox.Tests/golden/{name}.job.json"));

        Assert.All(plan.Steps, step => Assert.Equal(OperationTable.Of(step.Operation).Phase, step.Phase.OfJob()));
    }

    [Fact]
    public void The_phases_of_a_plan_are_phases_of_a_job_by_the_same_names() =>
        Assert.All(Enum.GetValues<PlanPhase>(), phase => Assert.Equal(phase.ToString(), phase.OfJob().ToString()));

    [Fact]
    public void The_words_for_a_phase_are_its_name() =>
        Assert.All(Enum.GetValues<JobPhase>(), phase => Assert.Equal(phase.ToString().ToLowerInvariant(), phase.Word()));

    [Fact]
    public void Nobody_who_fails_says_in_words_what_was_being_done() =>
        Assert.Empty(Lines("src/Sandbox", line => Worded().IsMatch(line)));

    [Fact]
    public void Nobody_looks_for_a_remedy_in_words() =>
        Assert.Empty(Lines("src", line => Searched().IsMatch(line)));

    private static IEnumerable<string> Lines(string directory, Func<string, bool> isMeant) =>
        Repository.Sources(directory, ".cs").SelectMany(path => File.ReadLines(path).Where(isMeant).Select(line => $"{path}: {line.Trim()}"));

    // What it begins with, at least two words, and a verb that tells somebody to do something; no full stop.
    [GeneratedRegex("""^(?=[a-zA-Z"])(?=.*\b(ask|bring|build|choose|chmod|chown|correct|do not|does without|end|free|give|import|install|look|make|mount|move|name|put|raise|remove|run|say|set|start|try|wait)\b)\S+ \S+.*[^.]$""")]
    private static partial Regex Sentence();

    [GeneratedRegex(@"\b(Step|step|Phase) = \$?\x22|HostWatch\.Enter\(\x22")]
    private static partial Regex Worded();

    [GeneratedRegex(@"\b(Message|Step|Note|Hint|Detail)[?!]?\.(Contains|StartsWith|EndsWith|IndexOf|Equals)\(|\b(Message|Step|Note|Hint) (==|is) \$?\x22")]
    private static partial Regex Searched();
}

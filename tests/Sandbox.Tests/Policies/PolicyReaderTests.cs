using Xunit;

namespace Sandbox.Tests.Policies;

public sealed class PolicyReaderTests
{
    [Theory]
    [InlineData("""{ "alow": [] }""", "/seccomp/alow", "unknown member \"alow\"")]
    [InlineData("""{ "allow": [], "allow": [] }""", "/seccomp/allow", "\"allow\" is given twice")]
    [InlineData("""{ "allow": "read" }""", "/seccomp/allow", "must be a list of names of system calls")]
    [InlineData("""{ "allow": [1] }""", "/seccomp/allow/0", "must be a text")]
    [InlineData("""{ "allow": ["raed"] }""", "/seccomp/allow/0", "unknown system call \"raed\"")]
    [InlineData("""{ "allow": ["@file-oi"] }""", "/seccomp/allow/0", "unknown group \"@file-oi\"")]
    [InlineData("""{ "allow": ["xyz_*"] }""", "/seccomp/allow/0", "no system call begins with \"xyz_\"")]
    [InlineData("""{ "allow": ["*"] }""", "/seccomp/allow/0", "a wildcard is a name's beginning and one \"*\", such as \"timer_*\"")]
    [InlineData("""{ "groups": { "x": [] } }""", "/seccomp/groups/x", "a group's name starts with \"@\"")]
    [InlineData("""{ "groups": { "@x": ["@x"] } }""", "/seccomp/groups/@x/0", "the group @x contains itself")]
    [InlineData("""{ "unlisted": "notify" }""", "/seccomp/unlisted", "\"notify\" is not supported yet")]
    [InlineData("""{ "unlisted": "errno EBOGUS" }""", "/seccomp/unlisted", "unknown errno \"EBOGUS\"")]
    [InlineData("""{ "unlisted": "errno AF_UNIX" }""", "/seccomp/unlisted", "unknown errno \"AF_UNIX\"")]
    [InlineData("""{ "deny": { "allow": ["read"] } }""", "/seccomp/deny/allow", "\"deny\" cannot allow")]
    [InlineData("""{ "deny": { "kill": ["execve"] } }""", "/seccomp/deny/kill", "execve cannot be denied: the sandbox starts the job's command with it")]
    [InlineData("""{ "rules": [ { "syscalls": ["read"] } ] }""", "/seccomp/rules/0", "\"action\" is missing")]
    [InlineData("""{ "rules": [ { "syscalls": ["read"], "action": "kill", "network": "host" } ] }""", "/seccomp/rules/0/network", "must be \"own\": the rule then counts only in a job that has not the host's network")]
    [InlineData("""{ "rules": [ { "syscalls": ["read"], "action": "kill", "devices": false } ] }""", "/seccomp/rules/0/devices", "must be true: the rule then counts only in a job whose file names devices")]
    [InlineData("""{ "rules": [ { "syscalls": ["read"], "action": "kill", "when": [] } ] }""", "/seccomp/rules/0/when", "an empty \"when\" is ambiguous: leave it out for a rule without conditions")]
    [InlineData("""{ "rules": [ { "syscalls": ["read"], "action": "kill", "when": [ { "arg": 6, "equals": 0 } ] } ] }""", "/seccomp/rules/0/when/0/arg", "must be an argument's number, 0 to 5")]
    [InlineData("""{ "rules": [ { "syscalls": ["read"], "action": "kill", "when": [ { "arg": 0 } ] } ] }""", "/seccomp/rules/0/when/0", "needs either \"equals\" or \"in\"")]
    [InlineData("""{ "rules": [ { "syscalls": ["read"], "action": "kill", "when": [ { "arg": 0, "equals": "AF_UNIXX" } ] } ] }""", "/seccomp/rules/0/when/0/equals", "unknown name or number \"AF_UNIXX\"")]
    [InlineData("""{ "rules": [ { "syscalls": ["read"], "action": "kill", "when": [ { "arg": 0, "mask": 1, "equals": 2 } ] } ] }""", "/seccomp/rules/0/when/0/equals", "has bits that the mask does not: this can never match")]
    [InlineData("""{ "extends": "defualt" }""", "/seccomp/extends", "there is no policy \"defualt\"")]
    [InlineData("""{ "extends": "./x.json" }""", "/seccomp/extends", "a policy written in the job extends a built-in policy or an absolute path")]
    [InlineData("""{ "allow": [ }""", "/seccomp", "this is not valid JSON")]
    [InlineData("""{} {}""", "/seccomp", "this is not valid JSON")]
    [InlineData("", "/seccomp", "this is not valid JSON")]
    [InlineData("[]", "/seccomp", "a policy must be an object")]
    public void A_mistake_is_reported_at_its_place(string json, string pointer, string message)
    {
        var problems = PolicyText.Problems(json);

        Assert.Contains(problems, problem => problem.Pointer == pointer && problem.Message == message);
    }

    [Fact]
    public void Every_mistake_is_reported_at_once()
    {
        var problems = PolicyText.Problems("""{ "alow": [], "allow": ["raed", "wirte"], "unlisted": "die" }""");

        Assert.Equal(["/seccomp/alow", "/seccomp/allow/0", "/seccomp/allow/1", "/seccomp/unlisted"], problems.Select(problem => problem.Pointer));
    }

    [Fact]
    public void A_misspelt_name_is_answered_with_the_nearest()
    {
        var problem = Assert.Single(PolicyText.Problems("""{ "allow": ["epoll_waitt"] }"""));

        Assert.Equal("epoll_wait", problem.Suggestion);
    }

    [Fact]
    public void A_file_tells_line_and_column()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "strict.json");
        File.WriteAllText(path, "{\n  // ü\n  \"allow\": [\"read\", \"raed\"],\n}\n");

        var invalid = Assert.Throws<InvalidJobException>(() => Sandbox.Policies.PolicyStore.Load(new PolicyFile { Path = path }, Sandbox.Policies.PolicyVariant.None));

        var problem = Assert.Single(invalid.Problems);
        Assert.Equal(("/allow/1", 3, 21), (problem.Pointer, problem.Line, problem.Column));
        Assert.StartsWith($"in {path}: ", problem.Message, StringComparison.Ordinal);
    }
}

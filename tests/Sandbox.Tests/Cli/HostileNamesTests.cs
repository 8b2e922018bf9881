using System.Text;
using Sandbox.Text;
using Xunit;

namespace Sandbox.Tests.Cli;

/// <summary>Whatever a name is made of, no output of the command has it do anything to a terminal.</summary>
public sealed class HostileNamesTests : IDisposable
{
    private const string Name = "\u001b]0;t\u0007\u202eevil\u2028\u200b\u009b\nx";
    private const string Shown = "\\u001b]0;t\\u0007\\u202eevil\\u2028\\u200b\\u009b\\u000ax";

    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> Lines =>
    [
        "exec F/N", "exec F/N/job.json", "exec F/job.json --result F/N/N/r.json", "exec F/job.json --cgroup F/N",
        "plan F/N/job.json", "plan F/N", "plan F/job.json",
        "policy check F/N/policy.json", "policy check F/N/N", "policy show N",
        "store put F/N/file", "store put F/N/N", "store rm N", "store verify N", "store put --max-size N F/job.json",
        "image import F/N/file", "image import F/N/N", "image import F/N/file --name N", "image rm N",
        "run --N", "run -v F/N:/x:N true", "run --image F/N/file true", "run --seccomp F/N/policy.json true", "run --network N true", "run --env-file F/N/N true",
        "run --ulimit N=1 true", "run --mount type=bind,N=1 true", "run --user N true", "run --memory N true", "run --result F/N/N/r true", "run --job N",
        "N", "schema N", "completion N", "doctor --N", "exec F/job.json --N",
    ];

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task Nothing_hidden_is_printed(string line)
    {
        _directory.Write($"{Name}/file", "x");
        _directory.Write($"{Name}/policy.json", "{ \"" + "\\u202e\\u001b" + "\": 1 }");
        _directory.Write($"{Name}/job.json", Job());
        _directory.Write("job.json", Job());
        string[] arguments = [.. line.Split(' ').Select(word => word.Replace("N", Name, StringComparison.Ordinal).Replace("F", _directory.Path, StringComparison.Ordinal))];

        var run = await CommandRun.Of(arguments, "", $"{_directory.Path}/store", TestContext.Current.CancellationToken);

        var output = (line.StartsWith("exec", StringComparison.Ordinal) || line.Contains("--job", StringComparison.Ordinal) ? "" : run.Output) + run.Error;
        Assert.DoesNotContain(output.Replace("\n", "", StringComparison.Ordinal).EnumerateRunes(), Words.IsHidden);
        Assert.DoesNotContain("\nx", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.True(output.Contains(Shown, StringComparison.Ordinal) || output.Contains("\\u202e\\u001b", StringComparison.Ordinal) || output.Length == 0 || !output.Contains("evil", StringComparison.Ordinal), output);
    }

    public void Dispose() => _directory.Dispose();

    // Every place of a job that takes a name.
    private static string Job()
    {
        var name = System.Text.Json.JsonSerializer.Serialize(Name);
        var inside = System.Text.Json.JsonSerializer.Serialize("/work/" + Name);
        return $$"""
            { "command": ["true", {{name}}], "name": {{name}}, "workingDirectory": {{inside}}, "env": { "A": {{name}} },
              "mounts": [{ "type": "bind", "source": {{name}}, "target": {{inside}} }, { "type": "symlink", "source": {{name}}, "target": "/work/{{name[1..]}} },
                         { "type": "bind", "source": {{inside}}, "target": "/y", "optional": true }],
              "files": { {{inside.Replace("/work/", "/work/f", StringComparison.Ordinal)}}: { "text": "" } }, "outputs": [{ "path": {{inside}}, "to": {{name}} }] }
            """;
    }
}

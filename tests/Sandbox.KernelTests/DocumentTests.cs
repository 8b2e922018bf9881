using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The blocks of README and docs that are marked so run as they are printed, for whoever reads them: an ordinary user with the command in PATH.</summary>
public sealed class DocumentTests : KernelTest
{
    private static readonly string s_documents = Path.Combine(AppContext.BaseDirectory, "documents");

    // "sandbox doctor" and graders do a hundred jobs in a block.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(25) * Requirements.Slowness;

    public static TheoryData<string> Blocks => [.. All().Where(block => block.Runs && !block.HasOutput).Select(block => block.ToString())];

    public static TheoryData<string> BlocksWithOutput => [.. All().Where(block => block.Runs && block.HasOutput).Select(block => block.ToString())];

    [KernelTheory(Needs.Unprivileged)]
    [MemberData(nameof(Blocks))]
    public Task A_block_runs_as_it_is_printed(string place) => RunAsync(place);

    // In user-mode Linux a submission that is fast enough is not.
    [KernelTheory(Needs.Unprivileged | Needs.NativeKernel)]
    [MemberData(nameof(BlocksWithOutput))]
    public Task A_block_prints_what_the_document_says(string place) => RunAsync(place);

    private async Task RunAsync(string place)
    {
        var block = All().Single(block => block.ToString() == place);
        var missing = block.Needs.Where(tool => !Path.Exists("/usr/bin/" + tool));
        Assert.SkipWhen(missing.Any(), $"needs {string.Join(", ", missing)} in /usr/bin");
        var directory = Prepare(block);

        foreach (var (command, expected) in Commands(block))
        {
            var run = await ShellAsync(directory, command);

            Assert.True(block.HasOutput || run.ExitStatus == 0, $"{place}: {command}\n{run}");
            Assert.True(expected is null || PrintedOutput.Matches(expected, run.Stdout), $"{place}: {command}\nprinted\n{run.Stdout}{run.Stderr}\nand not\n{expected}");
        }
    }

    private static IEnumerable<CodeBlock> All() =>
        System.IO.Directory.EnumerateFiles(s_documents, "*.md", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .SelectMany(path => CodeBlock.Of(Path.GetRelativePath(s_documents, path), File.ReadAllText(path)));

    private static IEnumerable<(string Command, string? Expected)> Commands(CodeBlock block) => block.Language switch
    {
        "sh" => [("set -e\n" + block.Text, null)],
        "json" when block.Page.StartsWith("policies/", StringComparison.Ordinal) => [("sandbox policy check block.json", null)],
        "json" => [("sandbox exec block.json", null)],
        "console" => PrintedOutput.Of(block.Text).Select(pair => (pair.Command, (string?)pair.Printed)),
        _ => throw new InvalidOperationException($"{block}: nothing runs {block.Language}"),
    };

    // An empty directory but for what a reader has: the examples and policies of a clone or a release, or one example.
    private string Prepare(CodeBlock block)
    {
        var directory = Path.Combine(Directory, "here");
        if (block.Directory.Length > 0)
        {
            CopyTree(Path.Combine(s_documents, block.Directory), directory);
        }
        else
        {
            CopyTree(Path.Combine(s_documents, "examples"), Path.Combine(directory, "examples"));
            CopyTree(Path.Combine(s_documents, "policies"), Path.Combine(directory, "policies"));
        }

        System.IO.Directory.CreateDirectory(Path.Combine(Directory, "bin"));
        File.CreateSymbolicLink(Path.Combine(Directory, "bin/sandbox"), Probe.CommandLine);
        if (block.Language == "json")
        {
            File.WriteAllText(Path.Combine(directory, "block.json"), block.Text);
        }

        return directory;
    }

    private Task<CommandRun> ShellAsync(string directory, string script) =>
        CommandRun.StartAsync(
            "/usr/bin/env", "", Cancellation, "-i", "-C", directory, $"PATH={Directory}/bin:/usr/local/bin:/usr/bin:/bin", $"HOME={Directory}", $"TMPDIR={Directory}", "LANG=C.UTF-8", "SANDBOX_CGROUP=none",
            "timeout", "-s", "KILL", $"{s_longest.TotalSeconds}", "/bin/sh", "-c", script);

    // File.Copy keeps modes.
    private static void CopyTree(string source, string destination)
    {
        System.IO.Directory.CreateDirectory(destination);
        foreach (var path in System.IO.Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(destination, Path.GetRelativePath(source, path));
            System.IO.Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(path, copy);
        }
    }
}

using System.Diagnostics;
using Sandbox.Cli;
using Sandbox.Cli.Manual;
using Sandbox.Jobs;
using Sandbox.Tests.Jobs;
using Xunit;

namespace Sandbox.Tests.Cli;

public sealed class ManualPageTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> Commands => [.. CommandTable.All.Select(command => command.Name)];

    public static TheoryData<string> Pages => [.. ManualPage.All.Select(page => page.Name)];

    public static TheoryData<string> Groups => [.. CommandTable.Groups.Select(group => group.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_page_has_all_of_a_command(string name)
    {
        var command = CommandTable.WithName(name)!;

        var page = Plain(ManualPage.About(name)!.Text());

        Assert.Contains($".B \"sandbox {name}\"", page, StringComparison.Ordinal);
        Assert.Contains(Words(command.Summary), Words(page), StringComparison.Ordinal);
        Assert.All(command.AllOptions.Where(option => option != CommandOption.ShowHelp), option =>
        {
            Assert.Contains($"\\fB{string.Join(", ", option.Spellings)}\\fR{(option.IsSwitch ? "" : " " + option.Value)}\n", page, StringComparison.Ordinal);
            Assert.Contains(Words(option.Help[1..]), Words(page), StringComparison.Ordinal);
        });
        Assert.All(command.Statuses, status => Assert.Contains(Words(status.Meaning[1..]), Words(page), StringComparison.Ordinal));
        Assert.All(command.Examples, example => Assert.Contains(example, page, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public void The_page_of_the_whole_leads_to_every_other(string group)
    {
        var page = Plain(ManualPage.About("")!.Text());

        Assert.Contains($"\\fB{group}\\fR\n", page, StringComparison.Ordinal);
        Assert.Contains($".BR sandbox-{group} (1)", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_on_job_files_has_every_member()
    {
        var page = Plain(ManualPage.About("job")!.Text());

        string[] members = [.. Members.Job, .. Members.Mount, .. Members.File, .. Members.Output, .. LimitTable.Names];
        Assert.All(members, member => Assert.Contains($"\\fB{member}\\fR ", page, StringComparison.Ordinal));
    }

    [Fact]
    public void The_example_of_a_job_file_is_valid() => Assert.Empty(Job.Problems(JobPage.Example));

    [Theory]
    [MemberData(nameof(Pages))]
    public void Groff_has_no_complaint(string name) => Complains("groff", "-man", "-Tutf8", "-ww", "-z", Write(name));

    [Theory]
    [MemberData(nameof(Pages))]
    public void Mandoc_has_no_complaint(string name) => Complains("mandoc", "-T", "lint", "-W", "style", Write(name));

    [Fact]
    public async Task All_pages_are_written_below_a_directory()
    {
        var run = await CommandRun.Of(["help", "--write-man", _directory.Path + "/man"], "", TestContext.Current.CancellationToken);

        Assert.Equal((0, "", ""), (run.ExitStatus, run.Output, run.Error));
        Assert.All(ManualPage.All, page => Assert.StartsWith(".TH ", File.ReadAllText($"{_directory.Path}/man/{page.File}"), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_directory_that_cannot_be_made_is_named()
    {
        var file = _directory.Write("file", "");

        var run = await CommandRun.Of(["help", "--write-man", file], "", TestContext.Current.CancellationToken);

        Assert.Equal((3, ""), (run.ExitStatus, run.Output));
        Assert.Contains("cannot write manual pages below " + file, run.Error, StringComparison.Ordinal);
    }

    // Typographic dashes and quotes cannot be pasted into a shell.
    [Theory]
    [MemberData(nameof(Pages))]
    public void What_is_shown_is_ascii(string name)
    {
        SkipUnlessInstalled("mandoc");

        var shown = Run("mandoc", ["-T", "utf8", Write(name)]).Output;

        Assert.All(shown, letter => Assert.True(letter < 0x80, shown));
    }

    public void Dispose() => _directory.Dispose();

    private static void Complains(string program, params string[] arguments)
    {
        SkipUnlessInstalled(program);

        var (output, errors) = Run(program, arguments);

        Assert.Equal(("", ""), (output, errors));
    }

    private static void SkipUnlessInstalled(string program) => Assert.SkipUnless(File.Exists("/usr/bin/" + program), $"needs {program}");

    private static (string Output, string Errors) Run(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (output, errors.Result);
    }

    private static string Plain(string page) => page.Replace("\\-", "-", StringComparison.Ordinal).Replace("\\(aq", "'", StringComparison.Ordinal)
        .Replace("\\(dq", "\"", StringComparison.Ordinal).Replace("\\(ti", "~", StringComparison.Ordinal);

    private static string Words(string text) => text.Replace("\\&", "", StringComparison.Ordinal).Replace('\n', ' ');

    private string Write(string name) => _directory.Write(name, ManualPage.All.First(page => page.Name == name).Text());
}

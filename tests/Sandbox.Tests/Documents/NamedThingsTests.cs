using System.Text.RegularExpressions;
using Xunit;

namespace Sandbox.Tests.Documents;

/// <summary>What a comment or a document names is there: a file, a type, a member. Renaming and moving one is not done before those are right.</summary>
public sealed partial class NamedThingsTests
{
    // Files of others that are named without their directory: of the kernel, systemd, .NET, the OCI image-spec, a user's project.
    private static readonly string[] s_foreignFiles =
    [
        "fork.c", "pty.c", "n_tty.c", "unix_diag.h", "inet_diag.h", "sock_diag.h", "rtnetlink.h", "dbus-scope.c", "opensslshim.c", "TarHeader.Write.cs",
        "layer.md", "config.md", "NEWS.md", "parser.c", "lexer.c", "NAME.c", "NAME.h", "DIRECTORY/BuiltInPolicies.g.cs",
    ];

    // Names of others, and those in CONTRIBUTING.md that only show a form.
    private static readonly string[] s_foreignNames =
    [
        "AddressSanitizer", "AllowedHosts", "AppArmor", "BuildKit", "ClangSharp", "EventSource", "ForceFlush", "HugetlbPages", "KillUserProcesses", "LeakSanitizer", "LoggerMessage", "NuGet",
        "ReadOnlyBindTests", "SafeHandle", "SemaphoreSlim", "ShutdownTimeout", "StrSlice", "TarHeader",
    ];

    [Fact]
    public void Every_file_that_is_named_is_there() =>
        Assert.Empty(Named(FileName()).Where(named =>
            !OfTheSystem().IsMatch(named.Name) && !s_foreignFiles.Contains(named.Name) && !Sources.HasFile(named.Name)).Select(Told));

    [Fact]
    public void Every_path_from_the_top_is_there() =>
        Assert.Empty(Named(PathFromTheTop()).Where(named => !Path.Exists(Repository.PathOf(named.Name))).Select(Told));

    [Fact]
    public void Every_member_that_is_named_is_one_of_its_type() =>
        Assert.Empty(Named(Member()).Select(named => (named.Place, named.Name, Parts: named.Name.Split('.'))).Where(named =>
            !s_foreignNames.Contains(named.Parts[0]) &&
            (Sources.Declares(named.Parts[0]) ? !Sources.HasMember(named.Parts[0], named.Parts[1]) : !Sources.Uses(named.Parts[0]))).Select(named => Told((named.Place, named.Name))));

    [Fact]
    public void Every_type_that_is_named_is_there() =>
        Assert.Empty(Named(TypeName()).Where(named => !s_foreignNames.Contains(named.Name) && !Sources.Uses(named.Name)).Select(Told));

    [Fact]
    public void No_exception_is_without_a_use()
    {
        var named = Named(FileName()).Concat(Named(TypeName())).Concat(Named(Member()).Select(member => (member.Place, Name: member.Name.Split('.')[0])))
            .Select(one => one.Name).ToHashSet();
        var unused = s_foreignFiles.Where(Sources.HasFile).Concat(s_foreignFiles.Concat(s_foreignNames).Except(named));

        Assert.Empty(unused);
    }

    [Theory]
    [InlineData("ReportReader.cs is its other side", "ReportReader.cs")]
    [InlineData("see native/launcher/plan.h.", "native/launcher/plan.h")]
    [InlineData("(ovl_rename, fs/overlayfs/dir.c)", "fs/overlayfs/dir.c")]
    [InlineData("examples/grade-c/grade.sh --check", "examples/grade-c/grade.sh")]
    [InlineData("out/main.dll, ~/main.c, /etc/a.sh, *.c, $HOME/x.py, a.c.b", null)]
    public void A_file_is_known_by_its_ending(string text, string? name) => Assert.Equal(name, FileName().Matches(text).Select(match => match.Value).SingleOrDefault());

    private static IEnumerable<(string Place, string Name)> Named(Regex names) =>
        from saying in Sources.Sayings()
        from name in names.Matches(saying.Text)
        select (saying.Place, name.Value);

    private static string Told((string Place, string Name) named) => $"{named.Place} names {named.Name}";

    // Not what is absolute, relative to a user's directory, a pattern or a variable.
    [GeneratedRegex(@"(?<![\w/.*~$@<{}\\-])(?:[\w.-]+/)*\w[\w.-]*\.(?:cs|c|h|md|sh|csproj|py)(?![\w/(-]|\.\w)")]
    private static partial Regex FileName();

    // A directory, or a file of any kind; what ends in a pattern is its directory.
    [GeneratedRegex(@"(?<![\w/.~$@>}*-])(?:src|native|tests|docs|examples|policies|schemas|packaging)(?:/[\w.-]*\w)+(?!\w*[*{<])")]
    private static partial Regex PathFromTheTop();

    // Headers of the system, and the directories of the kernel's sources.
    [GeneratedRegex(@"^(?:fs|mm|kernel|net|include|security|drivers|arch|block|ipc|lib|uapi|linux|sys|asm|asm-generic|openssl)/")]
    private static partial Regex OfTheSystem();

    [GeneratedRegex(@"(?<![\w.$/])[A-Z][A-Za-z0-9]+\.[A-Z][A-Za-z0-9_]+\b(?!\.(?:cs|md|sh|json|txt|props)\b)")]
    private static partial Regex Member();

    // At least two words: one alone may be any word.
    [GeneratedRegex(@"(?<![\w/.$-])[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+(?![\w-])")]
    private static partial Regex TypeName();
}

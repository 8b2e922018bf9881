using System.Globalization;

namespace Sandbox.Cli.Run;

/// <summary>The options for what runs: command, environment, identity.</summary>
internal static class ProgramOptions
{
    public static IReadOnlyList<RunOption> All { get; } =
    [
        new()
        {
            Name = "workdir",
            Letter = 'w',
            Value = "DIRECTORY",
            Help = "the directory that the job starts in (default /work)",
            Member = "/workingDirectory",
            Apply = (draft, value) =>
            {
                draft.Job = draft.Job with { WorkingDirectory = Path.TrimEndingDirectorySeparator(value) };
                return null;
            },
        },
        new()
        {
            Name = "env",
            Letter = 'e',
            Value = "NAME[=VALUE]",
            Help = "set a variable; NAME alone takes the caller's value, and the caller must have one",
            Show = static value => value.Split('=')[0],
            Apply = (draft, value) => EnvFile.ApplyLine(draft, value, isOfFile: false),
        },
        new()
        {
            Name = "env-file",
            Value = "FILE",
            Kind = ValueKind.File,
            Help = "set the variables that FILE lists, one on each line",
            Apply = EnvFile.Apply,
        },
        new()
        {
            Name = "user",
            Letter = 'u',
            Value = "UID[:GID]",
            Kind = ValueKind.Of("root"),
            Help = "the ids that the job sees itself run with: numbers, or root (default 1000:1000)",
            Member = "/user",
            Apply = SetUser,
        },
        new()
        {
            Name = "hostname",
            Letter = 'h',
            Value = "NAME",
            Help = "the host name that the job sees (default sandbox)",
            Member = "/hostname",
            Apply = (draft, value) =>
            {
                draft.Job = draft.Job with { Hostname = value };
                return null;
            },
        },
        new()
        {
            Name = "entrypoint",
            Value = "PROGRAM",
            Kind = ValueKind.Program with { IsProgram = false },
            Help = "the program; the words of the command are its arguments",
            Apply = (draft, value) =>
            {
                draft.Entrypoint = value;
                return null;
            },
        },
        new()
        {
            Name = "name",
            Value = "NAME",
            Help = "a label for the result and for telemetry",
            Member = "/name",
            Apply = (draft, value) =>
            {
                draft.Job = draft.Job with { Name = value };
                return null;
            },
        },
        new()
        {
            Name = "traceparent",
            Value = "CONTEXT",
            Help = "the W3C trace context that the job's trace continues",
            Member = "/traceparent",
            Apply = (draft, value) =>
            {
                draft.Job = draft.Job with { Traceparent = value };
                return null;
            },
        },
    ];

    private static string? SetUser(JobDraft draft, string value)
    {
        var colon = value.IndexOf(':');
        var user = colon < 0 ? value : value[..colon];
        if (!TryReadId(user, out var uid) || !TryReadId(colon < 0 ? user : value[(colon + 1)..], out var gid))
        {
            return "must be root, UID or UID:GID: the names of the host's users mean nothing in the sandbox";
        }

        draft.Job = draft.Job with { User = new() { Uid = uid, Gid = gid } };
        return null;
    }

    private static bool TryReadId(string text, out uint id)
    {
        id = 0;
        return text == "root" || uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id);
    }
}

namespace Sandbox.Cli.Isolate;

/// <summary>Every option of isolate 2, those of 1 that its clients send, and what each of them means. Parser, help, completions and manual page read it.</summary>
internal static class IsolateOptions
{
    /// <summary>As the help has them.</summary>
    public static IReadOnlyList<OptionGroup> Groups { get; } =
    [
        new("Commands",
        [
            Switch("init", "make the box, or empty it, and print its folder", draft => draft.Set(IsolateAction.Init)),
            Switch("run", "run the program in the box", draft => draft.Set(IsolateAction.Run)),
            Switch("cleanup", "remove the box, if there is one", draft => draft.Set(IsolateAction.Cleanup)),
            Switch("version", "print the version of isolate that this stands in for", draft => draft.Set(IsolateAction.Version)),
            Switch("print-cg-root", "print where the groups of boxes are made", draft => draft.Set(IsolateAction.PrintCgRoot)),
            Switch("check-config", "look whether boxes can be made here", draft => draft.Set(IsolateAction.CheckConfig)),
        ]),
        new("The box",
        [
            Number('b', "box-id", "N", "which one, 0 to 2147483647; by default 0", static (request, value) => request with { Box = value }),
            Switch("cg", "limits of time and memory are of all processes together; the same in all three commands", draft => draft.Set(static request => request with { HasGroup = true })),
            Switch("wait", "wait for a box that is in use", draft => draft.Set(static request => request with { Waits = true })),
            Number('\0', "as-uid", "UID", "make it for this user; real root only, with --as-gid", static (request, value) => request with { AsUid = (uint)value }),
            Number('\0', "as-gid", "GID", "make it for this group", static (request, value) => request with { AsGid = (uint)value }),
            Text('q', "quota", "BLOCKS,INODES", "0 blocks, or refused by --init: a quota of the disk cannot be held; elsewhere without effect", static (draft, value) => draft.Quota(value)),
        ]),
        new("Directories",
        [
            Text('d', "dir", "RULE", "IN=OUT or DIR shows a directory, IN= removes a rule; then :rw, :noexec, :dev, :maybe, :norec, :fs, :tmp", static (draft, value) => draft.Directory(value), ValueKind.Directory),
            Switch('D', "no-default-dirs", "without the rules for box, bin, dev, dev/shm, lib, lib64, proc, tmp and usr", draft => draft.Set(static request => request with { HasNoDefaults = true })),
            Text('c', "chdir", "DIR", "where the program starts, inside; by default /box", static (draft, value) => draft.Set(request => request with { Directory = value })),
            Switch("special-files", "keep links, FIFOs and sockets that the program has made", draft => draft.Set(static request => request with { KeepsSpecialFiles = true })),
        ]),
        new("Limits, of which 0 is none",
        [
            Seconds('t', "time", "CPU time, in seconds with fractions", static (request, value) => request with { Time = value }),
            Seconds('w', "wall-time", "real time", static (request, value) => request with { WallTime = value }),
            Seconds('x', "extra-time", "CPU time up to which a program over --time is not killed", static (request, value) => request with { ExtraTime = value }),
            Number('m', "mem", "KIB", "address space of each process", static (request, value) => request with { Memory = value }),
            Number('\0', "cg-mem", "KIB", "memory of all processes together; needs --cg", static (request, value) => request with { GroupMemory = value }),
            Number('k', "stack", "KIB", "stack; by default none", static (request, value) => request with { Stack = value }),
            Number('n', "open-files", "N", "open files of each process; by default 1024", static (request, value) => request with { OpenFiles = value }),
            Number('f', "fsize", "KIB", "the largest file that can be written", static (request, value) => request with { FileSize = value }),
            Processes(),
            Number('\0', "core", "KIB", "0, or refused: no core is ever written", static (request, value) => value == 0 ? request : request with { Refusal = request.Refusal ?? "--core: no core file is ever written" }),
        ]),
        new("The program",
        [
            Text('i', "stdin", "FILE", "file inside that is read, relative to /box", static (draft, value) => draft.Set(request => request with { Stdin = value })),
            Text('o', "stdout", "FILE", "file inside that is written", static (draft, value) => draft.Set(request => request with { Stdout = value })),
            Text('r', "stderr", "FILE", "the same for errors", static (draft, value) => draft.Set(request => request with { Stderr = value, MergesStderr = false })),
            Switch("stderr-to-stdout", "errors go where the output goes; of this and --stderr the last one counts", draft => draft.Set(static request => request with { MergesStderr = true, Stderr = null })),
            Text('E', "env", "VAR[=VALUE]", "inherit, set, or with an empty value remove a variable", static (draft, value) => draft.Variable(value)),
            Switch('e', "full-env", "inherit all variables first", draft => draft.Set(static request => request with { InheritsEnvironment = true })),
            Switch("share-net", "the caller's network, with every port that listens there", draft => draft.Set(static request => request with { SharesNetwork = true })),
            Text('\0', "syscalls", "FLAGS", "all, or refused: the system call policy is not to be weakened", static (draft, value) => value == "all" ? null : draft.Refuse("--syscalls: only \"all\" can be held")),
            Switch("inherit-fds", "the caller's descriptors 3 to 47, whatever they lead to", draft => draft.Set(static request => request with { InheritsDescriptors = true })),
            Switch("tty-hack", "where stdout is a terminal, one of the program's own with the caller's keys", draft => draft.Set(static request => request with { TakesTerminal = true })),
        ]),
        new("What is told",
        [
            Text('M', "meta", "FILE", "write what became of the program to FILE, or - for stdout", static (draft, value) => draft.Set(request => request with { Meta = value }), ValueKind.File),
            Switch('s', "silent", "no line of status, but for failures of the sandbox", draft => draft.Set(static request => request with { IsSilent = true })),
            Switch('v', "verbose", "more words; may be repeated", static draft => draft.Set(static request => request with { Verbosity = request.Verbosity + 1 })),
            Switch("cg-timing", "of isolate 1: --cg times all processes anyway", static draft => null),
            Switch("no-cg-timing", "of isolate 1: as --cg-timing", static draft => null),
            CommandOption.ShowHelp,
        ]),
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<IsolateOption> All { get; } = [.. Groups.SelectMany(static group => group.Options).OfType<IsolateOption>()];

    private static IsolateOption Switch(string name, string help, Func<IsolateDraft, string?> take) => Switch('\0', name, help, take);

    private static IsolateOption Switch(char letter, string name, string help, Func<IsolateDraft, string?> take) =>
        new() { Name = name, Letter = letter, Help = help, Take = (draft, _) => take(draft) };

    private static IsolateOption Text(char letter, string name, string value, string help, Func<IsolateDraft, string, string?> take, ValueKind? kind = null) =>
        new() { Name = name, Letter = letter, Value = value, Help = help, Take = take, Kind = kind ?? ValueKind.Any };

    private static IsolateOption Number(char letter, string name, string value, string help, Func<IsolateRequest, int, IsolateRequest> change) =>
        new() { Name = name, Letter = letter, Value = value, Help = help, Take = (draft, text) => draft.Number(text, change) };

    private static IsolateOption Seconds(char letter, string name, string help, Func<IsolateRequest, long, IsolateRequest> change) =>
        new() { Name = name, Letter = letter, Value = "S", Help = help, Take = (draft, text) => draft.Seconds(text, change) };

    private static IsolateOption Processes() => new()
    {
        Name = "processes",
        Letter = 'p',
        Value = "[N]",
        Help = "processes and threads, attached as in -p60; by default 1, and without N as many as the host allows",
        ValueMayBeMissing = true,
        Take = static (draft, text) => text.Length == 0
            ? draft.Set(static request => request with { Processes = 0 })
            : draft.Number(text, static (request, value) => request with { Processes = value }),
    };
}

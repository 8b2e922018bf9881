namespace Sandbox.Cli;

/// <summary>What may stand for a value or an argument, as far as a shell can help to write it. Completions are made of it.</summary>
internal sealed record ValueKind
{
    /// <summary>Anything: a name that is new, a quantity, a text.</summary>
    public static ValueKind Any { get; } = new();

    /// <summary>A file or a directory of the host.</summary>
    public static ValueKind File { get; } = new() { Files = FileChoice.Any };

    /// <summary>A directory of the host.</summary>
    public static ValueKind Directory { get; } = new() { Files = FileChoice.Directories };

    /// <summary>A file whose name ends in <c>.json</c>.</summary>
    public static ValueKind JsonFile { get; } = new() { Files = FileChoice.Json };

    /// <summary>A container image of the store.</summary>
    public static ValueKind Image { get; } = new() { Names = "image ls --names" };

    /// <summary>A built-in policy.</summary>
    public static ValueKind Policy { get; } = new() { Names = "policy list" };

    /// <summary>A file of the store, by its digest.</summary>
    public static ValueKind Stored { get; } = new() { Names = "store ls" };

    /// <summary>A volume.</summary>
    public static ValueKind Volume { get; } = new() { Names = "volume ls" };

    /// <summary>A network of jobs.</summary>
    public static ValueKind Network { get; } = new() { Names = "network ls" };

    /// <summary>A command of <c>sandbox</c>.</summary>
    public static ValueKind Topic { get; } = new() { IsTopic = true };

    /// <summary>A program and its arguments: no option of <c>sandbox</c> follows.</summary>
    public static ValueKind Program { get; } = new() { Files = FileChoice.Any, IsProgram = true };

    /// <summary>Words of which it may be one. None of them has a character that means something to a shell.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The command of <c>sandbox</c> that prints what it may be, as the first word of each line; empty for none.</summary>
    public string Names { get; init; } = "";

    /// <summary>The files that it may be.</summary>
    public FileChoice Files { get; init; }

    /// <summary>The directory in which files are looked for before anything is typed; empty for the current one.</summary>
    public string Start { get; init; } = "";

    /// <summary>It is the words of a command of <c>sandbox</c>.</summary>
    public bool IsTopic { get; init; }

    /// <summary>It is a program and its arguments.</summary>
    public bool IsProgram { get; init; }

    /// <summary>One of these words.</summary>
    public static ValueKind Of(params IReadOnlyList<string> words) => new() { Words = words };

    /// <summary>One of these words, or a file.</summary>
    public static ValueKind FileOr(params IReadOnlyList<string> words) => new() { Words = words, Files = FileChoice.Any };
}

/// <summary>Files that a value may be the name of.</summary>
internal enum FileChoice
{
    /// <summary>None.</summary>
    None,

    /// <summary>Any.</summary>
    Any,

    /// <summary>Those that end in <c>.json</c>.</summary>
    Json,

    /// <summary>Directories only.</summary>
    Directories,
}

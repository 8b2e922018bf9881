namespace Sandbox.Cli.Batch;

/// <summary>One job of a batch, as it stands in the input: nothing of it was looked at yet.</summary>
internal abstract record BatchItem
{
    /// <summary>Its place among all jobs of the batch, from 0.</summary>
    public required long Index { get; init; }

    /// <summary>What it is called to people, such as <c>jobs.jsonl:3</c>.</summary>
    public required string Input { get; init; }

    /// <summary>Its line in a file of jobs, from 1; 0 where it has a file of its own.</summary>
    public long Line { get; init; }

    /// <summary>Absolute path of the directory that relative paths start from.</summary>
    public string Directory { get; init; } = "";

    /// <summary>The job.</summary>
    /// <exception cref="InvalidJobException">It is not valid; problems have their places in the input.</exception>
    public abstract JobDocument Read();

    /// <summary>Gives problems that were found after reading their places in the input.</summary>
    public virtual InvalidJobException Locate(InvalidJobException invalid) => invalid;

    /// <summary>Places in a text that begins at some line of a file.</summary>
    private protected static InvalidJobException Locate(ReadOnlySpan<byte> text, long line, InvalidJobException invalid)
    {
        var located = JobFile.Locate(text, invalid);
        return new([.. located.Problems.Select(problem => problem.Line > 0 ? problem with { Line = (int)Math.Min(problem.Line + Math.Max(line - 1, 0), int.MaxValue) } : problem)]);
    }

    private protected static InvalidJobException Problem(string message, long line = 0) =>
        new([new() { Pointer = "", Message = message, Line = (int)Math.Min(line, int.MaxValue), Column = line > 0 ? 1 : 0 }]);
}

/// <summary>A line of a file of jobs.</summary>
internal sealed record LineItem : BatchItem
{
    /// <summary>The line without its end; null if it is longer than a job can be.</summary>
    public required byte[]? Text { get; init; }

    /// <inheritdoc/>
    public override JobDocument Read()
    {
        if (Text is null)
        {
            throw Problem($"the line is longer than {DisplayText.Bytes(JobFile.MaxBytes)}", Line);
        }

        try
        {
            return JobFile.ParseDocument(Text, Directory);
        }
        catch (InvalidJobException invalid)
        {
            throw Locate(invalid);
        }
    }

    /// <inheritdoc/>
    public override InvalidJobException Locate(InvalidJobException invalid) => Locate(Text, Line, invalid);
}

/// <summary>A job file.</summary>
internal sealed record FileItem : BatchItem
{
    private byte[] _text = [];

    /// <summary>Its path.</summary>
    public required string Path { get; init; }

    /// <inheritdoc/>
    public override JobDocument Read()
    {
        try
        {
            _text = InputFile.Read(Path, JobFile.MaxBytes);
        }
        catch (IOException failure)
        {
            throw Problem("cannot be read: " + failure.Message);
        }

        try
        {
            return JobFile.ParseDocument(_text, Directory);
        }
        catch (InvalidJobException invalid)
        {
            throw Locate(invalid);
        }
    }

    /// <inheritdoc/>
    public override InvalidJobException Locate(InvalidJobException invalid) => Locate(_text, 0, invalid);
}

/// <summary>A submission, put into the job of a template.</summary>
internal sealed record SubmissionItem : BatchItem
{
    /// <summary>The job that every submission gets.</summary>
    public required SubmissionTemplate Template { get; init; }

    /// <summary>Its path.</summary>
    public required string Path { get; init; }

    /// <inheritdoc/>
    public override JobDocument Read() => Template.JobFor(Path) is { } job ? job : throw Problem("a submission is a file or a directory, and no link or device");

    /// <inheritdoc/>
    public override InvalidJobException Locate(InvalidJobException invalid) => Template.Locate(invalid);
}

/// <summary>Something of the input that cannot be read; the others go on.</summary>
internal sealed record UnreadableItem : BatchItem
{
    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <inheritdoc/>
    public override JobDocument Read() => throw Problem("cannot be read: " + Reason);
}

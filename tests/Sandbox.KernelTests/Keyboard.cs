using System.Diagnostics;
using System.Text;

namespace Sandbox.KernelTests;

/// <summary>Input of a job that the test types while the job runs: a named pipe, whose end the test never gives.</summary>
internal sealed class Keyboard : IDisposable
{
    private readonly FileStream _pipe;

    /// <summary>Makes the pipe in this directory.</summary>
    public Keyboard(string directory)
    {
        Path = System.IO.Path.Combine(directory, $"keyboard-{Guid.NewGuid():N}");
        using (var make = Process.Start("mkfifo", ["-m", "0666", Path]))
        {
            make.WaitForExit();
        }

        // For both directions, or opening would wait for the job (fifo(7)).
        _pipe = new FileStream(Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
    }

    public string Path { get; }

    public ContentStdin Stdin => new() { Content = new FileContent { Path = Path } };

    public void Type(string text) => _pipe.Write(Encoding.UTF8.GetBytes(text));

    /// <inheritdoc/>
    public void Dispose() => _pipe.Dispose();
}

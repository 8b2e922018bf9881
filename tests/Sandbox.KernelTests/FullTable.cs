namespace Sandbox.KernelTests;

/// <summary>Takes every descriptor that this process may still open, but for a few.</summary>
internal sealed class FullTable : IDisposable
{
    private readonly List<FileStream> _taken = [];

    public FullTable(int free)
    {
        try
        {
            while (true)
            {
                _taken.Add(new FileStream("/dev/null", FileMode.Open, FileAccess.Read));
            }
        }
        catch (IOException)
        {
            foreach (var file in _taken.TakeLast(free))
            {
                file.Dispose();
            }
        }
    }

    public void Dispose() => _taken.ForEach(file => file.Dispose());
}

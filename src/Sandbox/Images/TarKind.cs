namespace Sandbox.Images;

/// <summary>What an entry of a tar archive makes (pax(1), "ustar Interchange Format", typeflag).</summary>
internal enum TarKind
{
    File,
    HardLink,
    SymbolicLink,
    CharacterDevice,
    BlockDevice,
    Folder,
    Fifo,
}

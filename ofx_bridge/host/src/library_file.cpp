#include "library_file.h"

#include <cstdint>
#include <cstring>
#include <fstream>

#if defined(__linux__)
#include <elf.h>
#endif

namespace ofxhost {

#if defined(__linux__)

namespace {

#if defined(__x86_64__)
constexpr uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr uint16_t kMachine = EM_AARCH64;
#else
constexpr uint16_t kMachine = EM_NONE;
#endif

template <class Record>
bool readAt(std::ifstream& file, uint64_t offset, Record& record) {
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(reinterpret_cast<char*>(&record), sizeof record);
    return file.gcount() == static_cast<std::streamsize>(sizeof record);
}

}  // namespace

std::string libraryDefect(const std::string& path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) return "the file cannot be read";
    const auto size = static_cast<uint64_t>(file.tellg());
    Elf64_Ehdr header{};
    if (!readAt(file, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return "it is no shared library";
    if (header.e_ident[EI_CLASS] != ELFCLASS64) return "it is not a 64-bit library";
    if (kMachine != EM_NONE && header.e_machine != kMachine) {
        return "it is for another processor (ELF machine " + std::to_string(header.e_machine) + ")";
    }
    for (uint16_t i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment{};
        const bool read = readAt(file, header.e_phoff + uint64_t{i} * header.e_phentsize, segment);
        if (!read || (segment.p_type == PT_LOAD && segment.p_offset + segment.p_filesz > size)) {
            return "the file is truncated at " + std::to_string(size) + " bytes; copy or build it again";
        }
    }
    return "";
}

#else

std::string libraryDefect(const std::string&) {
    return "";
}

#endif

}  // namespace ofxhost
